/** Trees, commits and references made through the API: https://docs.github.com/rest/git */
import { mergeBase } from './diff.ts';
import { notFound, Refusal, type Routes } from './router.ts';
import { api } from './shapes.ts';
import { botLogin, now, type World } from './state.ts';

interface NewTree {
  readonly base_tree?: string;
  readonly tree: readonly { readonly path?: string; readonly mode?: string; readonly type?: string; readonly content?: string }[];
}

interface NewCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents?: readonly string[];
}

const at = (world: World, kind: string, id: string): string => api(world, `/repos/${world.owner}/${world.repo}/git/${kind}/${id}`);

export const gitDataRoutes = {
  'POST /repos/{owner}/{repo}/git/trees': {
    needs: { permission: 'contents', level: 'write' },
    handle: async ({ world, body }) => {
      const { base_tree: base, tree } = body as NewTree;
      if (base !== undefined && (await world.git.object(base))?.type !== 'tree') throw notFound();
      const blobs = tree.map(({ path, mode, type, content }) => {
        if (path === undefined || content === undefined || type !== 'blob' || (mode !== '100644' && mode !== '100755')) throw new Refusal(422, 'tree.path, tree.mode and tree.content must be those of a file');
        return { path, mode, content: Buffer.from(content, 'utf8') };
      });
      const sha = world.git.writeTree(base ?? null, blobs);
      const entries = (await world.git.tree(sha, false)) ?? [];
      return { status: 201, body: { sha, url: at(world, 'trees', sha), truncated: false, tree: entries.map((entry) => ({ path: entry.name, mode: entry.mode, type: entry.type, sha: entry.oid })) } };
    },
  },

  'POST /repos/{owner}/{repo}/git/commits': {
    needs: { permission: 'contents', level: 'write' },
    handle: async ({ world, body }) => {
      const { message, tree, parents = [] } = body as NewCommit;
      if ((await world.git.object(tree))?.type !== 'tree') throw new Refusal(422, 'Tree SHA does not exist');
      for (const parent of parents) if ((await world.git.commit(parent)) !== parent) throw new Refusal(422, 'Parent SHA does not exist or is not a commit object');
      const sha = await world.git.writeCommit({ tree, parents, message, name: botLogin(world) });
      const someone = { name: botLogin(world), email: 'noreply@example.com', date: now() };
      const page = (id: string): string => `${world.url}/${world.owner}/${world.repo}/commit/${id}`;
      return {
        status: 201,
        body: {
          sha, node_id: `C_${sha}`, url: at(world, 'commits', sha), html_url: page(sha), author: someone, committer: someone, message,
          tree: { sha: tree, url: at(world, 'trees', tree) }, parents: parents.map((parent) => ({ sha: parent, url: at(world, 'commits', parent), html_url: page(parent) })),
          verification: { verified: true, reason: 'valid', signature: null, payload: null, verified_at: now() },
        },
      };
    },
  },

  'PATCH /repos/{owner}/{repo}/git/refs/{ref}': {
    needs: { permission: 'contents', level: 'write' },
    handle: async ({ world, params, body }) => {
      const ref = `refs/${params['ref'] ?? ''}`;
      const { sha, force = false } = body as { readonly sha: string; readonly force?: boolean };
      const before = await world.git.commit(ref);
      if (before === null) throw new Refusal(422, 'Reference does not exist');
      if ((await world.git.commit(sha)) !== sha) throw new Refusal(422, 'Object does not exist');
      if (!force && (await mergeBase(world.git, before, sha)) !== before) throw new Refusal(422, 'Update is not a fast forward');
      await world.git.text('update-ref', ref, sha);
      if (ref.startsWith('refs/heads/')) await world.branchMoved(ref.slice('refs/heads/'.length));
      return { status: 200, body: { ref, node_id: `REF_${sha}`, url: at(world, 'refs', params['ref'] ?? ''), object: { type: 'commit', sha, url: at(world, 'commits', sha) } } };
    },
  },
} satisfies Routes;
