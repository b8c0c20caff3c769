import { echo } from './deliveries.ts';
import { notFound, page, Refusal, type Routes } from './router.ts';
import { checkRun as shape, checkSuite, envelope } from './shapes.ts';
import { botLogin, now, type Annotation, type CheckAction, type CheckRunState, type World } from './state.ts';

interface CheckRunBody {
  readonly name?: string;
  readonly head_sha?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly external_id?: string;
  readonly details_url?: string;
  readonly output?: { readonly title?: string; readonly summary: string; readonly text?: string; readonly annotations?: readonly Annotation[] };
  readonly actions?: readonly CheckAction[];
}

/** 64 KB of a message and of raw details, 255 characters of a title: https://docs.github.com/rest/checks/runs#create-a-check-run */
const longest = { message: 64 * 1024, raw_details: 64 * 1024, title: 255 } as const;

function invalid(field: string, message: string): Refusal {
  return new Refusal(422, 'Validation Failed', [{ resource: 'CheckRun', code: 'custom', field, message }]);
}

function checkAnnotation(annotation: Annotation): void {
  const { start_line: start, end_line: end, start_column: from, end_column: to } = annotation;
  if (start < 1 || end < start) throw invalid('annotations', 'start_line must be positive and end_line must not precede it');
  if ((from !== undefined || to !== undefined) && start !== end) throw invalid('annotations', 'start_column and end_column must be omitted where start_line and end_line differ');
  if (from !== undefined && to !== undefined && to < from) throw invalid('annotations', 'end_column must not precede start_column');
  for (const [field, limit] of Object.entries(longest)) {
    if (Buffer.byteLength(annotation[field as keyof typeof longest] ?? '') > limit) throw invalid('annotations', `${field} is too long`);
  }
}

function apply(run: CheckRunState, body: CheckRunBody): void {
  const { output } = body;
  output?.annotations?.forEach(checkAnnotation);
  if (body.status === 'completed' && body.conclusion === undefined && run.conclusion === null) throw invalid('conclusion', 'conclusion is required where status is completed');
  run.name = body.name ?? run.name;
  run.externalId = body.external_id ?? run.externalId;
  if (body.details_url !== undefined && !/^https?:\/\//.test(body.details_url)) throw invalid('details_url', 'details_url must use http or https');
  run.detailsUrl = body.details_url ?? run.detailsUrl;
  run.startedAt = body.started_at ?? run.startedAt;
  run.actions = body.actions ?? run.actions;
  if (output !== undefined) {
    run.title = output.title ?? run.title;
    run.summary = output.summary;
    run.text = output.text ?? run.text;
    // Each update appends its annotations to those that are there.
    run.annotations = [...run.annotations, ...(output.annotations ?? [])];
  }
  if (body.conclusion !== undefined) {
    // "Providing `conclusion` will automatically set the `status` parameter to `completed`."
    run.status = 'completed';
    run.conclusion = body.conclusion;
    run.completedAt = body.completed_at ?? now();
  } else if (body.status !== undefined) {
    run.status = body.status;
    if (body.status !== 'completed') [run.conclusion, run.completedAt] = [null, null];
  }
}

function runOf(world: World, id: string | undefined): CheckRunState {
  const run = world.checkRuns.get(Number(id));
  if (run === undefined) throw notFound();
  return run;
}

/** A suite holds the runs that one app made of one commit; the first run creates it. */
export function suiteOf(world: World, sha: string): number {
  const known = world.checkSuites.get(sha);
  if (known !== undefined) return known;
  const made = world.nextId();
  world.checkSuites.set(sha, made);
  return made;
}

/** What a `check_run` webhook carries. */
export function runEvent(world: World, run: CheckRunState, action: string, sender: string): Record<string, unknown> {
  return { ...envelope(world, action, sender), check_run: { ...shape(world, run), check_suite: checkSuite(world, run.headSha, run.suiteId) } };
}

export const checkRoutes = {
  'POST /repos/{owner}/{repo}/check-runs': {
    needs: { permission: 'checks', level: 'write' },
    handle: async ({ world, body }) => {
      const asked = body as CheckRunBody;
      const sha = asked.head_sha ?? '';
      if (!/^[0-9a-f]{40}$/.test(sha) || (await world.git.commit(sha)) !== sha) throw new Refusal(422, `No commit found for SHA: ${sha}`);
      const run: CheckRunState = {
        id: world.nextId(), suiteId: suiteOf(world, sha), headSha: sha, name: '', status: 'queued', conclusion: null, startedAt: now(), completedAt: null,
        externalId: '', detailsUrl: null, title: null, summary: null, text: null, annotations: [], actions: [],
      };
      apply(run, asked);
      world.checkRuns.set(run.id, run);
      echo(world, 'check_run', runEvent(world, run, 'created', botLogin(world)));
      if (run.conclusion !== null) echo(world, 'check_run', runEvent(world, run, 'completed', botLogin(world)));
      return { status: 201, body: shape(world, run) };
    },
  },

  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': {
    needs: { permission: 'checks', level: 'write' },
    handle: ({ world, params, body }) => {
      const run = runOf(world, params['check_run_id']);
      const before = run.conclusion;
      apply(run, body as CheckRunBody);
      if (before === null && run.conclusion !== null) echo(world, 'check_run', runEvent(world, run, 'completed', botLogin(world)));
      return { status: 200, body: shape(world, run) };
    },
  },

  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}': {
    needs: { permission: 'checks', level: 'read' },
    handle: ({ world, params }) => ({ status: 200, body: shape(world, runOf(world, params['check_run_id'])) }),
  },

  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations': {
    needs: { permission: 'checks', level: 'read' },
    handle: (request) => {
      const run = runOf(request.world, request.params['check_run_id']);
      const blob = `${request.world.url}/${request.world.owner}/${request.world.repo}/blob/${run.headSha}`;
      return page(request, run.annotations.map((annotation) => ({
        start_column: null, end_column: null, title: null, raw_details: null, ...annotation, blob_href: `${blob}/${annotation.path}`,
      })));
    },
  },

  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': {
    needs: { permission: 'checks', level: 'read' },
    handle: async (request) => {
      const { world, query, params } = request;
      const sha = await world.git.commit(params['ref'] ?? '');
      if (sha === null) throw new Refusal(422, `No commit found for SHA: ${params['ref'] ?? ''}`);
      const [name, status, appId] = [query.get('check_name'), query.get('status'), query.get('app_id')];
      const all = [...world.checkRuns.values()].reverse()
        .filter((run) => run.headSha === sha && (name === null || run.name === name) && (status === null || run.status === status))
        .filter(() => appId === null || Number(appId) === world.appId);
      // "filter: latest" (the default) leaves the most recent run of each name.
      const runs = query.get('filter') === 'all' ? all : all.filter((run, index) => all.findIndex((other) => other.name === run.name) === index);
      return page(request, runs.map((run) => shape(world, run)), (items) => ({ total_count: runs.length, check_runs: items }));
    },
  },
} satisfies Routes;
