import type { TreeEntry } from './git.ts';
import { notFound, Refusal, type Routes } from './router.ts';
import { api, encodePath } from './shapes.ts';
import type { World } from './state.ts';

/** https://docs.github.com/rest/repos/contents#get-repository-content: above 1 MB only raw and object, above 100 MB none; directories to 1,000 entries. */
const limits = { json: 1024 * 1024, raw: 100 * 1024 * 1024, entries: 1000 };

const wantsRaw = (accept: string | undefined): boolean => /application\/vnd\.github\.(?:v3\.)?raw/.test(accept ?? '');

function contentShape(world: World, sha: string, path: string, type: string, oid: string, size: number): Record<string, unknown> {
  const repo = api(world, `/repos/${world.owner}/${world.repo}`);
  const self = `${repo}/contents/${encodePath(path)}?ref=${sha}`;
  const git = `${repo}/git/${type === 'dir' ? 'trees' : 'blobs'}/${oid}`;
  const html = `${world.url}/${world.owner}/${world.repo}/${type === 'dir' ? 'tree' : 'blob'}/${sha}/${encodePath(path)}`;
  return {
    type, size, name: path.split('/').at(-1) ?? '', path, sha: oid, url: self, git_url: git, html_url: html,
    download_url: type === 'dir' ? null : html.replace('/blob/', '/raw/'), _links: { self, git, html },
  };
}

/** GitHub breaks base64 after 60 characters. */
function base64(content: Buffer): string {
  return content.toString('base64').replace(/.{1,60}/g, '$&\n');
}

function kindOf(entry: TreeEntry): string {
  if (entry.mode === '120000') return 'symlink';
  return entry.type === 'tree' ? 'dir' : entry.type === 'commit' ? 'submodule' : 'file';
}

export const contentRoutes = {
  'GET /repos/{owner}/{repo}/contents/{path}': {
    needs: { permission: 'contents', level: 'read' },
    handle: async ({ world, params, query, headers }) => {
      const path = (params['path'] ?? '').replace(/\/+$/, '');
      const ref = query.get('ref') ?? world.defaultBranch;
      const sha = await world.git.commit(ref);
      if (sha === null) throw new Refusal(404, `No commit found for the ref ${ref}`);
      const object = await world.git.object(`${sha}:${path}`);
      if (object?.type === 'blob') {
        const size = object.content.length;
        if (size > limits.raw) throw new Refusal(403, 'This API returns blobs up to 100 MB in size.', [{ resource: 'Blob', field: 'data', code: 'too_large' }]);
        if (wantsRaw(headers.accept)) return { status: 200, raw: { type: 'application/vnd.github.raw; charset=utf-8', content: object.content } };
        const [encoding, content] = size > limits.json ? ['none', ''] : ['base64', base64(object.content)];
        return { status: 200, body: { ...contentShape(world, sha, path, 'file', object.oid, size), encoding, content } };
      }
      const entries = await world.git.tree(`${sha}:${path}`, false);
      if (entries === null) throw notFound();
      return {
        status: 200,
        body: entries.slice(0, limits.entries).map((entry) => contentShape(world, sha, path === '' ? entry.name : `${path}/${entry.name}`, kindOf(entry), entry.oid, entry.size ?? 0)),
      };
    },
  },

  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': {
    needs: { permission: 'contents', level: 'read' },
    handle: async ({ world, params, headers }) => {
      const object = await world.git.object(params['file_sha'] ?? '');
      if (object?.type !== 'blob' || !/^[0-9a-f]{40}$/.test(params['file_sha'] ?? '')) throw notFound();
      if (wantsRaw(headers.accept)) return { status: 200, raw: { type: 'application/vnd.github.raw; charset=utf-8', content: object.content } };
      const url = api(world, `/repos/${world.owner}/${world.repo}/git/blobs/${object.oid}`);
      return { status: 200, body: { sha: object.oid, node_id: `B_${object.oid}`, size: object.content.length, url, content: base64(object.content), encoding: 'base64' } };
    },
  },

  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': {
    needs: { permission: 'contents', level: 'read' },
    handle: async ({ world, params, query }) => {
      const name = params['tree_sha'] ?? '';
      const entries = await world.git.tree(name, query.has('recursive'));
      if (entries === null) throw notFound();
      const git = api(world, `/repos/${world.owner}/${world.repo}/git`);
      const sha = (await world.git.text('rev-parse', '--verify', '--end-of-options', `${name}^{tree}`)).trim();
      const tree = entries.map((entry) => ({
        path: entry.name, mode: entry.mode, type: entry.type, sha: entry.oid,
        ...(entry.size === null ? {} : { size: entry.size }),
        ...(entry.type === 'commit' ? {} : { url: `${git}/${entry.type}s/${entry.oid}` }),
      }));
      return { status: 200, body: { sha, url: `${git}/trees/${sha}`, tree, truncated: false } };
    },
  },
} satisfies Routes;
