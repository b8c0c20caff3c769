import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Toolchain {
  /** Such as `1.26`. */
  readonly version: string;
  /** Set in the environment of each build, so that the goroutineleak profile is there; null where it cannot be. */
  readonly environment: Readonly<Record<string, string>>;
  readonly hasLeakProfile: boolean;
}

/** Builds are offline, with the toolchain that is there, and without C. */
const offline = { CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off', GODEBUG: '' };

/** The Go toolchain on this machine, or null. The goroutineleak profile is an experiment in Go 1.26, and always there from 1.27 on. */
export async function toolchain(): Promise<Toolchain | null> {
  const text = await run('go', ['env', 'GOVERSION'], { env: { ...process.env, ...offline } }).then((result) => result.stdout, () => null);
  const version = /go1\.(\d+)/u.exec(text ?? '')?.[1];
  if (version === undefined) return null;
  const minor = Number(version);
  return {
    version: `1.${version}`,
    environment: minor === 26 ? { ...offline, GOEXPERIMENT: 'goroutineleakprofile' } : offline,
    hasLeakProfile: minor >= 26,
  };
}

/** Runs `go` and returns what it says on failure, or null when it succeeds. */
export async function go(chain: Toolchain, cwd: string, args: readonly string[]): Promise<string | null> {
  try {
    await run('go', args, { cwd, env: { ...process.env, ...chain.environment }, maxBuffer: 16 << 20 });
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
    return said === '' ? String(error) : said;
  }
}
