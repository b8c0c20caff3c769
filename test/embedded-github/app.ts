import { allows, mintToken } from './auth.ts';
import { redeliver } from './deliveries.ts';
import { notFound, page, Refusal, type Routes } from './router.ts';
import { app, deliveryItem, fullDelivery, fullRepository, installation, repository, user } from './shapes.ts';
import type { Delivery, Permissions, World } from './state.ts';

interface TokenRequest {
  readonly repositories?: readonly string[];
  readonly repository_ids?: readonly number[];
  readonly permissions?: Permissions;
}

function delivery(world: World, id: string | undefined): Delivery {
  const found = world.deliveries.find((candidate) => candidate.id === Number(id));
  if (found === undefined) throw notFound();
  return found;
}

/** "Redeliver webhooks from the past 3 days": https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks */
const redeliveryWindow = 3 * 24 * 3_600_000;

export const appRoutes = {
  'GET /app': { needs: 'app', handle: ({ world }) => ({ status: 200, body: { ...app(world), installations_count: 1 } }) },

  'GET /app/installations': { needs: 'app', handle: (request) => page(request, [installation(request.world)]) },

  'GET /repos/{owner}/{repo}/installation': { needs: 'app', handle: ({ world }) => ({ status: 200, body: installation(world) }) },

  'POST /app/installations/{installation_id}/access_tokens': {
    needs: 'app',
    handle: ({ world, params, body }) => {
      if (Number(params['installation_id']) !== world.installationId) throw notFound();
      if (world.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
      const asked = (body ?? {}) as TokenRequest;
      const granted: Permissions = { metadata: 'read', ...world.permissions };
      const permissions = asked.permissions ?? granted;
      if (Object.entries(permissions).some(([permission, level]) => !allows(granted, { permission, level }))) throw new Refusal(422, 'The permissions requested are not granted to this installation.');
      if (asked.repositories?.some((name) => name !== world.repo)) throw new Refusal(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.');
      const { token, expiresAt } = mintToken(world, permissions);
      const some = asked.repositories !== undefined || asked.repository_ids !== undefined;
      return { status: 201, body: { token, expires_at: expiresAt, permissions, repository_selection: 'selected', ...(some ? { repositories: [repository(world)] } : {}) } };
    },
  },

  'GET /app/hook/deliveries': {
    needs: 'app',
    handle: ({ world, query, address }) => {
      const size = Math.min(Number(query.get('per_page') ?? 30), 100);
      const status = query.get('status');
      const newestFirst = world.deliveries.toReversed().filter(({ statusCode }) =>
        status === null ? true : status === 'success' ? statusCode >= 200 && statusCode < 400 : statusCode >= 400 && statusCode < 600);
      const cursor = query.get('cursor');
      const from = cursor === null ? 0 : newestFirst.findIndex(({ id }) => `v1_${id}` === cursor);
      if (from < 0) throw new Refusal(422, 'Validation Failed', [{ code: 'invalid', field: 'cursor', resource: 'Hook' }]);
      const next = newestFirst[from + size];
      const more = new URLSearchParams(query);
      if (next !== undefined) more.set('cursor', `v1_${next.id}`);
      return {
        status: 200,
        body: newestFirst.slice(from, from + size).map((item) => deliveryItem(world, item)),
        headers: next === undefined ? {} : { link: `<${address}?${more.toString()}>; rel="next"` },
      };
    },
  },

  'GET /app/hook/deliveries/{delivery_id}': {
    needs: 'app',
    handle: ({ world, params }) => ({ status: 200, body: fullDelivery(world, delivery(world, params['delivery_id'])) }),
  },

  'POST /app/hook/deliveries/{delivery_id}/attempts': {
    needs: 'app',
    handle: ({ world, params }) => {
      const again = delivery(world, params['delivery_id']);
      if (Date.parse(again.deliveredAt) < Date.now() - redeliveryWindow) throw new Refusal(422, 'Validation Failed', [{ code: 'invalid', field: 'delivery_id', resource: 'Hook' }]);
      void redeliver(world, again);
      return { status: 202, body: {} };
    },
  },

  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': {
    needs: { permission: 'metadata', level: 'read' },
    handle: ({ world, params }) => {
      const login = params['username'] ?? '';
      // Everyone may read a public repository.
      const permission = login === world.owner ? 'admin' : (world.roles.get(login) ?? 'read');
      return { status: 200, body: { permission, role_name: permission, user: { ...user(world, login), role_name: permission } } };
    },
  },

  'GET /repos/{owner}/{repo}': {
    needs: { permission: 'metadata', level: 'read' },
    handle: ({ world }) => ({ status: 200, body: fullRepository(world) }),
  },
} satisfies Routes;
