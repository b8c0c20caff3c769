/** Pages for a browser, near to GitHub's own and without anything from elsewhere: the pull request, a check run, a file. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hunksOf, type ChangedFile, type PatchHunk, type PatchLine } from './diff.ts';
import { html, raw, type Html } from './html.ts';
import { highlight, markdown, type Commented } from './markdown.ts';
import { filesOf } from './pulls.ts';
import { encodePath } from './shapes.ts';
import type { CheckRunState, CommentState, PullRequestState, World } from './state.ts';

export interface PageAnswer {
  readonly status: number;
  readonly type: string;
  readonly content: string | Buffer;
}

/** "400 lines … are automatically loaded for a single file", of 20,000 in all: https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits */
const shownLines = { file: 400, pull: 20_000 };

const style = raw(readFileSync(new URL('page.css', import.meta.url), 'utf8'));

/** A page for a browser. */
export async function answerPage(world: World, pathname: string): Promise<PageAnswer> {
  const [owner, repo, kind, id = '', ...rest] = decodeURIComponent(pathname).split('/').slice(1);
  const home = kind === undefined && (owner === '' || (owner === world.owner && repo === world.repo));
  if (home) return page(world, 'Pull requests', pullList(world));
  if (owner !== world.owner || repo !== world.repo) return missing(world);
  const pull = world.pulls.get(Number(id));
  const run = world.checkRuns.get(Number(id));
  if (kind === 'pull' && pull !== undefined) return page(world, `${pull.title} · Pull request #${pull.number}`, await pullPage(world, pull));
  if (kind === 'runs' && run !== undefined) return page(world, run.name, checkRun(world, run, true));
  if (kind === 'blob' || kind === 'raw') return file(world, kind, id, rest.join('/'));
  return missing(world);
}

function page(world: World, title: string, content: Html, status = 200): PageAnswer {
  const home = `/${world.owner}/${world.repo}`;
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · ${world.owner}/${world.repo}</title><style>${style}</style></head>
<body><div class="top">${icons.repository}<a href="${home}">${world.owner}</a><span class="slash">/</span><b><a href="${home}">${world.repo}</a></b><span class="tag">Public</span></div>
<main>${content}</main></body></html>`;
  return { status, type: 'text/html; charset=utf-8', content: document.html };
}

function missing(world: World): PageAnswer {
  return page(world, 'Not found', html`<h1>404</h1><p>The embedded GitHub has no such page.</p>`, 404);
}

const icons = {
  repository: raw('<svg width="16" height="16" viewBox="0 0 16 16"><path d="M4 1.5h8.5a.5.5 0 0 1 .5.5v12a.5.5 0 0 1-.5.5H10V13h1.5v-2H4.6a1.1 1.1 0 0 0 0 2H5v1.5h-.5A2.5 2.5 0 0 1 2 12V3.500A2 2 0 0 1 4 1.500zm0 1.500a.5.5 0 0 0-.5.5v6.300c.300-.2.700-.300 1.100-.300h6.900V3z"/><path d="M6 12h3v4l-1.500-1.200L6 16z"/></svg>'),
  pull: raw('<svg width="16" height="16" viewBox="0 0 16 16"><path d="M3.500 1a2.250 2.250 0 0 1 .750 4.370v5.260a2.250 2.250 0 1 1-1.500 0V5.370A2.250 2.250 0 0 1 3.500 1zm9 9.630V6a2 2 0 0 0-2-2h-.700V5.600L7 3.200 9.800.800v1.700h.700A3.500 3.500 0 0 1 14 6v4.630a2.250 2.250 0 1 1-1.500 0zM3.500 2.500a.750.750 0 1 0 0 1.500.750.750 0 0 0 0-1.500zm0 9.500a.750.750 0 1 0 0 1.500.750.750 0 0 0 0-1.500zm9.750 0a.750.750 0 1 0 0 1.500.750.750 0 0 0 0-1.500z"/></svg>'),
};

function pullList(world: World): Html {
  const rows = [...world.pulls.values()].reverse().map((pull) => html`<div class="pad"><a href="/${world.owner}/${world.repo}/pull/${pull.number}"><b>${pull.title}</b></a> <span class="quiet">#${pull.number} by ${pull.author}, ${pull.state}</span></div>`);
  return html`<div class="box"><header><b>Pull requests</b></header>${rows.length === 0 ? html`<div class="pad quiet">None yet.</div>` : rows}</div>`;
}

async function pullPage(world: World, pull: PullRequestState): Promise<Html> {
  const files = await filesOf(world, pull);
  const commits = Number(await world.git.text('rev-list', '--count', `${pull.baseSha}..${pull.headSha}`));
  const runs = latestRuns(world, pull.headSha);
  const sum = (field: 'additions' | 'deletions'): number => files.reduce((total, item) => total + item[field], 0);
  const state = pull.state === 'closed' ? 'closed' : pull.draft ? 'draft' : 'open';
  let lines = 0;
  const linesUpTo = files.map((changed) => (lines += changed.additions + changed.deletions));
  const outdated = threadsOf(pull).filter(({ first }) => first.line === null);
  const [bodies, boxes, old] = await Promise.all([
    Promise.resolve(pull.reviews.filter((review) => review.body !== '' && review.state !== 'PENDING')),
    Promise.all(files.map((changed, index) => fileBox(world, pull, changed, (linesUpTo[index] ?? 0) > shownLines.pull))),
    Promise.all(outdated.map((thread) => conversation(world, thread))),
  ]);
  return html`<h1>${pull.title} <span class="number">#${pull.number}</span></h1>
<div class="meta"><span class="state ${state}">${icons.pull}${state.charAt(0).toUpperCase() + state.slice(1)}</span>
<span><a>${pull.author}</a> wants to merge ${commits} commit${commits === 1 ? '' : 's'} into <span class="branch">${pull.fork === null ? '' : `${world.owner}:`}${pull.baseRef}</span> from <span class="branch">${pull.fork === null ? '' : `${pull.fork}:`}${pull.headRef}</span></span></div>
<div class="tabs"><span>Conversation<span class="count">${pull.comments.length}</span></span><span>Commits<span class="count">${commits}</span></span><span>Checks<span class="count">${runs.length}</span></span><span class="here">Files changed<span class="count">${files.length}</span></span>
<span class="stat"><span class="plus">+${sum('additions')}</span> <span class="minus">−${sum('deletions')}</span></span></div>
${pull.body === null ? null : html`<div class="box"><div class="body">${markdown(pull.body, 'comment')}</div></div>`}
${runs.map((run) => checkRun(world, run, false))}
${bodies.map((review) => html`<div class="box"><header>${avatar(review.author)}<span class="grow">${author(world, review.author)} <span class="quiet">reviewed</span></span></header><div class="body">${markdown(review.body, 'comment')}</div></div>`)}
${boxes}
${old.length === 0 ? null : html`<div class="box"><header><b>Outdated conversations</b></header>${old}</div>`}`;
}

function latestRuns(world: World, sha: string): CheckRunState[] {
  const runs = [...world.checkRuns.values()].filter((run) => run.headSha === sha);
  return runs.filter((run, index) => runs.findLastIndex((other) => other.name === run.name) === index);
}

function avatar(login: string): Html {
  const hue = createHash('sha256').update(login).digest().readUInt16BE(0) % 360;
  return html`<span class="avatar ${login.endsWith('[bot]') ? 'bot' : ''}" style="background: hsl(${hue} 45% 42%)">${login.charAt(0).toUpperCase()}</span>`;
}

function author(world: World, login: string): Html {
  const bot = login.endsWith('[bot]');
  return html`<b>${login.replace('[bot]', '')}</b>${bot ? html` <span class="tag">bot</span>` : null}${login === world.owner ? html` <span class="tag">Owner</span>` : null}`;
}

const signs: Readonly<Record<string, string>> = { success: '✓', failure: '✕', neutral: '■', pending: '●' };

function checkRun(world: World, run: CheckRunState, alone: boolean): Html {
  const kind = run.conclusion === null ? 'pending' : run.conclusion === 'success' ? 'success' : ['failure', 'timed_out', 'action_required'].includes(run.conclusion) ? 'failure' : 'neutral';
  const annotations = run.annotations.map((annotation) => {
    const lines = annotation.start_line === annotation.end_line ? `L${annotation.start_line}` : `L${annotation.start_line}-L${annotation.end_line}`;
    return html`<div class="annotation ${annotation.annotation_level}"><a class="where" href="${blobLink(world, run.headSha, annotation.path)}#${lines}">${annotation.path}#${lines}</a> <span class="quiet">${annotation.annotation_level}</span>
<div><b>${annotation.title ?? ''}</b></div><p>${annotation.message}</p>${annotation.raw_details === undefined ? null : html`<pre class="code">${annotation.raw_details}</pre>`}</div>`;
  });
  const text = html`${run.text === null ? null : markdown(run.text, 'document')}${annotations.length === 0 ? null : html`<h3>Annotations</h3>${annotations}`}`;
  const more = run.text === null && annotations.length === 0 ? null : alone ? text : html`<details><summary class="quiet">Details${annotations.length === 0 ? null : `, ${annotations.length} annotation${annotations.length === 1 ? '' : 's'}`}</summary>${text}</details>`;
  return html`<div class="box" id="run-${run.id}"><header><span class="icon ${kind}">${signs[kind] ?? ''}</span><span class="grow"><a href="/${world.owner}/${world.repo}/runs/${run.id}"><b>${run.name}</b></a> <span class="quiet">${run.title ?? ''}</span></span>
${run.conclusion === null ? null : run.actions.map((action) => html`<span class="button" title="${action.description}">${action.label}</span>`)}<span class="tag">${run.conclusion ?? run.status.replace('_', ' ')}</span></header>
<div class="body">${run.summary === null ? null : markdown(run.summary, 'document')}${more}</div></div>`;
}

function blobLink(world: World, sha: string, name: string): string {
  return `/${world.owner}/${world.repo}/blob/${sha}/${encodePath(name)}`;
}

function languageOf(name: string): string {
  const extension = path.extname(name).slice(1);
  return { mod: 'go', md: 'markdown', yml: 'yaml' }[extension] ?? extension;
}

interface Thread {
  readonly first: CommentState;
  readonly comments: readonly CommentState[];
}

function threadsOf(pull: PullRequestState): Thread[] {
  const firsts = pull.comments.filter((comment) => comment.inReplyTo === null || !pull.comments.some((other) => other.id === comment.inReplyTo));
  return firsts.map((first) => ({ first, comments: pull.comments.filter((comment) => comment === first || comment.inReplyTo === first.id) }));
}

async function fileBox(world: World, pull: PullRequestState, changed: ChangedFile, beyond: boolean): Promise<Html> {
  const threads = threadsOf(pull).filter(({ first }) => first.path === changed.path && first.line !== null);
  const name = changed.previousPath === null ? changed.path : `${changed.previousPath} → ${changed.path}`;
  const header = html`<header><span class="plus">+${changed.additions}</span><span class="minus">−${changed.deletions}</span><span class="grow"><a class="path" href="${blobLink(world, pull.headSha, changed.path)}">${name}</a></span>${changed.status === 'modified' ? null : html`<span class="tag">${changed.status}</span>`}</header>`;
  if (changed.patch === null || (beyond && threads.length === 0)) {
    return html`<div class="box file">${header}<div class="pad quiet">${changed.status === 'renamed' && changed.additions + changed.deletions === 0 ? 'File renamed without changes.' : beyond ? 'The diff of this pull request is too large to be shown whole.' : 'No diff is shown: a binary file, or too large.'}</div></div>`;
  }
  const hunks = hunksOf(changed.patch);
  const rows = await Promise.all(hunks.map((hunk) => hunkRows(world, changed.path, hunk, threads)));
  const table = html`<table class="diff"><colgroup><col class="n"><col class="n"><col style="width: 22px"><col></colgroup>${rows}</table>`;
  const large = threads.length === 0 && hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0) > shownLines.file;
  return html`<div class="box file" id="${changed.path}">${header}${large ? html`<details class="large"><summary>Load diff<br><small class="quiet">Large diffs are not rendered by default.</small></summary>${table}</details>` : table}</div>`;
}

async function hunkRows(world: World, name: string, hunk: PatchHunk, threads: readonly Thread[]): Promise<Html> {
  const language = languageOf(name);
  const on = (line: PatchLine, number: number | null, side: 'LEFT' | 'RIGHT'): boolean => number !== null && (side === 'LEFT' ? line.left : line.right) === number;
  const covers = ({ first }: Thread, line: PatchLine): boolean => {
    const number = first.side === 'LEFT' ? line.left : line.right;
    return number !== null && first.line !== null && number <= first.line && number >= (first.startLine ?? first.line);
  };
  const rows = await Promise.all(hunk.lines.map(async (line) => {
    const kind = line.left === null ? (line.right === null ? 'note' : 'added') : line.right === null ? 'removed' : 'context';
    const marked = threads.some((thread) => covers(thread, line));
    const below = await Promise.all(threads.filter(({ first }) => on(line, first.line, first.side)).map((thread) => conversation(world, thread)));
    return html`<tr class="${kind}${marked ? ' marked' : ''}"><td class="n">${line.left}</td><td class="n">${line.right}</td><td class="sign">${line.text.charAt(0)}</td><td class="code">${highlight(line.text.slice(1), language)}</td></tr>
${below.length === 0 ? null : html`<tr class="thread"><td colspan="4">${below}</td></tr>`}`;
  }));
  return html`<tr class="hunk"><td colspan="2"></td><td></td><td class="code">${hunk.header}</td></tr>${rows}`;
}

async function conversation(world: World, { first, comments }: Thread): Promise<Html> {
  const commented = await commentedLines(world, first);
  const sign = first.side === 'LEFT' ? '-' : '+';
  const [from, to] = [first.startLine ?? first.originalStartLine, first.line ?? first.originalLine];
  const range = from === null ? `Comment on line ${sign}${to}` : `Comment on lines ${sign}${from} to ${sign}${to}`;
  const where = first.line === null ? `${first.path}, outdated: ${range.toLowerCase()}` : range;
  const body = comments.map((comment) => {
    const shown = markdown(comment.body, 'comment', commented);
    return html`<div class="comment" id="discussion_r${comment.id}"><div class="by">${avatar(comment.author)}<span>${author(world, comment.author)}</span></div>
${comment.minimized === null ? shown : html`<details><summary class="quiet">This comment was marked as ${comment.minimized}.</summary>${shown}</details>`}</div>`;
  });
  if (first.resolved) return html`<details class="conversation"><summary>Resolved conversation · ${where}</summary>${body}</details>`;
  return html`<div class="conversation"><div class="range">${where}</div>${body}<div class="reply">Reply…</div><div class="resolve"><span class="button">Resolve conversation</span></div></div>`;
}

/** What a suggestion would replace: the lines as they were when the comment was made. */
async function commentedLines(world: World, comment: CommentState): Promise<Commented> {
  const removed = comment.side === 'LEFT';
  const blob = await world.git.object(`${removed ? comment.originalMergeBase : comment.originalCommitId}:${comment.path}`);
  const inapplicable = removed ? 'Suggestions cannot be applied on deleted lines.' : comment.line === null ? 'Outdated suggestions cannot be applied.' : null;
  const lines = (blob?.content.toString('utf8') ?? '').split('\n');
  return { lines: lines.slice((comment.originalStartLine ?? comment.originalLine) - 1, comment.originalLine), language: languageOf(comment.path), inapplicable };
}

/** Lines can be pointed at, `#L10`, and ranges too, `#L10-L12`. */
const pointAtLines = raw(`<script>
const mark = () => {
  for (const row of document.querySelectorAll('tr.here')) row.classList.remove('here');
  const [, from, to = from] = /^#L(\\d+)(?:-L(\\d+))?$/.exec(location.hash) ?? [];
  for (let line = Number(from); line <= Number(to); line++) document.getElementById('L' + line)?.classList.add('here');
  if (from) document.getElementById('L' + from)?.scrollIntoView({ block: 'center' });
};
addEventListener('hashchange', mark);
mark();
</script>`);

async function file(world: World, kind: 'blob' | 'raw', revision: string, name: string): Promise<PageAnswer> {
  const blob = await world.git.object(`${revision}:${name}`);
  if (blob?.type !== 'blob') return missing(world);
  if (kind === 'raw') return { status: 200, type: 'text/plain; charset=utf-8', content: blob.content };
  const lines = highlight(blob.content.toString('utf8').replace(/\n$/, ''), languageOf(name)).html.split('\n');
  const rows = closedSpans(lines).map((line, index) => html`<tr id="L${index + 1}"><td class="n"><a href="#L${index + 1}">${index + 1}</a></td><td class="code">${line}</td></tr>`);
  return page(world, name, html`<div class="box file"><header><span class="grow path">${name}</span><span class="tag sha">${/^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 7) : revision}</span></header><table class="diff"><colgroup><col style="width: 64px"><col></colgroup>${rows}</table></div>${pointAtLines}`);
}

/** A span of several lines (a raw string, a comment) is closed at each line's end and opened again on the next. */
function closedSpans(lines: readonly string[]): Html[] {
  let open: string[] = [];
  return lines.map((line) => {
    const before = open.join('');
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) open = tag === '</span>' ? open.slice(0, -1) : [...open, tag];
    return raw(before + line + '</span>'.repeat(open.length));
  });
}
