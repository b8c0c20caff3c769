import type { Octokit } from '@octokit/rest';

/** What this App uses of an Octokit that is authenticated as an installation. */
export interface Client {
  readonly request: Octokit['request'];
  readonly graphql: Octokit['graphql'];
  /** How many requests were made through this client so far; those for tokens are not among them. */
  readonly requests: () => number;
  /** What the installation granted the App, by permission, when its token was made. Rejects where GitHub gives no token. */
  readonly permissions: () => Promise<Readonly<Record<string, string>>>;
}

/** A pull request of the repository that holds its base branch; 0 is the number of none. */
export interface PullAddress {
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
  /** Where a merge group is looked at in its place: the commit that the group is built on. */
  readonly groupBase?: string;
}
