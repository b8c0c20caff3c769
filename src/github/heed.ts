import { placesOf } from '../one-cause.ts';
import { readCommand } from './command.ts';
import { classify } from './failure.ts';
import { dismissalReply, explainReply, goneReply, helpReply } from './replies.ts';
import { reply } from './publish.ts';
import { toldIn } from './threads.ts';
import type { CommandAsk } from '../jobs/queue.ts';
import type { Log } from '../log.ts';
import type { Language } from '../words.ts';
import type { Client, PullAddress } from './client.ts';
import type { Command } from './command.ts';
import type { CommentContext } from './comment.ts';
import type { Dismissal } from './marker.ts';
import type { Plan } from './plan.ts';
import type { PullRequest } from './read-pull-request.ts';
import type { Thread } from './threads.ts';

/** Told of each finding that a person calls wrong, once. */
export interface Disputed {
  readonly owner: string;
  readonly repo: string;
  readonly pull: number;
  /** Null for comments of versions that did not write it down. */
  readonly rule: string | null;
  readonly fingerprint: string;
  readonly by: string;
}

export interface HeedInput {
  readonly client: Client;
  readonly address: PullAddress;
  readonly pull: PullRequest;
  readonly asks: readonly CommandAsk[];
  readonly language: Language;
  readonly disputed: (what: Disputed) => void;
  readonly log: Log;
}

/** A thread in which someone asked for an explanation, and the id of the comment that did. */
export interface ToExplain {
  readonly thread: Thread;
  readonly answers: string;
}

export interface Heeded {
  /** Whether anything was asked for by someone who may. */
  readonly any: boolean;
  /** Dismissed just now, by fingerprint. */
  readonly dismissed: ReadonlyMap<string, Dismissal>;
  readonly toExplain: readonly ToExplain[];
}

/**
 * Does what people asked for that needs no review, and says what is left for after it. Nothing is done for those who may not: only who may
 * write dismisses findings; who opened the pull request may ask for an explanation and a review too. What was answered before is not again.
 * Rejects as the client does.
 */
export async function heed(input: HeedInput): Promise<Heeded> {
  const { client, address, pull, log } = input;
  const roles = new Map<string, Promise<boolean>>();
  const mayWrite = (login: string): Promise<boolean> => {
    const known = roles.get(login) ?? canWrite(client, address, login);
    roles.set(login, known);
    return known;
  };
  const dismissed = new Map<string, Dismissal>();
  const toExplain: ToExplain[] = [];
  let any = false;
  for (const ask of input.asks) {
    const command = readCommand(ask.says);
    const thread = pull.threads.find(({ comment }) => comment.id === ask.thread);
    if (command === null || thread === undefined) continue;
    const answers = String(ask.comment);
    if (thread.replies.some((one) => one.answers === answers)) {
      any = true;
      continue;
    }
    const isFree = command.kind === 'explain' || command.kind === 'review';
    const allowed = (isFree && ask.by === pull.author) || (await mayWrite(ask.by));
    if (!allowed) {
      log.info({ pull: address, by: ask.by, command: command.kind }, 'A command of someone who may not was left alone.');
      continue;
    }
    any = true;
    if (command.kind === 'explain') toExplain.push({ thread, answers });
    const dismissal = await answer(command, thread, { ...ask, answers }, input);
    if (dismissal !== null) for (const fingerprint of toldIn(thread)) dismissed.set(fingerprint, dismissal);
  }
  return { any, dismissed, toExplain };
}

/** What is dismissed by it; null where nothing is, or GitHub did not take the reply that would remember it. */
async function answer(command: Command, thread: Thread, { by, answers }: { readonly by: string; readonly answers: string }, input: HeedInput): Promise<Dismissal | null> {
  const { client, address, language, disputed, log } = input;
  if (command.kind === 'unknown') await reply(client, address, thread, helpReply(command.word, answers, language), answers);
  if (command.kind !== 'ignore' && command.kind !== 'wrong') return null;
  const dismissal = command.kind === 'ignore' ? 'ignored' : 'wrong';
  if (!(await reply(client, address, thread, dismissalReply(dismissal, by, answers, language), answers))) {
    log.warn({ pull: address, by, command: command.kind }, 'GitHub took no reply, so that nothing is dismissed.');
    return null;
  }
  if (dismissal === 'wrong') disputed({ owner: address.owner, repo: address.repo, pull: address.number, rule: thread.rule, fingerprint: thread.fingerprint, by });
  return dismissal;
}

/** Whether someone may write to the repository. Roles of an organisation's own making, and maintain, are told as the nearest of these. Rejects as the client does. */
export async function canWrite(client: Client, { owner, repo }: PullAddress, login: string): Promise<boolean> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', { owner, repo, username: login });
    return data.permission === 'admin' || data.permission === 'write';
  } catch (error) {
    // The account is gone.
    if (classify(error, Date.now()).kind === 'not-found') return false;
    throw error;
  }
}

/** Explains what was asked for, as far as the review found it. `textsOf` gives the files at head. Rejects as the client does. */
export async function explain(asked: readonly ToExplain[], plan: Plan, textsOf: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>, context: CommentContext, client: Client, address: PullAddress): Promise<void> {
  for (const { thread, answers } of asked) {
    const told = toldIn(thread);
    const finding = [...plan.remaining, ...plan.comments].find(({ leak }) => placesOf(leak).some(({ fingerprint }) => told.includes(fingerprint)));
    const body =
      finding === undefined
        ? goneReply(context.sha, answers, context.language)
        : explainReply(finding, await textsOf([...new Set(finding.leak.steps.map(({ path }) => path))]), answers, context);
    await reply(client, address, thread, body, answers);
  }
}
