import { review } from '../../src/review.ts';
import { setScene } from '../support/scene.ts';

const leaky = (name: string): string => `package ${name}\n\nfunc ask(fail bool) int {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tif fail {\n\t\treturn 0\n\t}\n\treturn <-ch\n}\n`;

/** A pull request of many Go files, ten to a package, one package in ten with a leak, from webhook to check run, all in this process so that its memory is the whole. */
export async function reviewLarge(files: number): Promise<void> {
  const feature: Record<string, string> = {};
  for (let index = 0; index < files; index += 1) {
    const name = `p${Math.floor(index / 10)}`;
    feature[`${name}/f${index % 10}.go`] = index % 100 === 0 ? leaky(name) : `package ${name}\n\nimport "sync"\n\nfunc f${index}(work []func()) {\n\tvar wg sync.WaitGroup\n\tfor _, one := range work {\n\t\twg.Add(1)\n\t\tgo func() {\n\t\t\tdefer wg.Done()\n\t\t\tone()\n\t\t}()\n\t}\n\twg.Wait()\n}\n`;
  }
  const scene = await setScene({ review, feature });
  try {
    const started = performance.now();
    await scene.github.openPullRequest({ title: 'A large change', base: 'main', head: 'feature' });
    await scene.app.idle();
    const [run] = scene.github.checkRuns();
    process.stdout.write(`${files} changed Go files: ${run?.status ?? 'no check run'}, "${run?.title ?? ''}"\n`);
    process.stdout.write(`${scene.github.pull(1).comments.length} comments, ${scene.requests().length} requests, ${((performance.now() - started) / 1000).toFixed(0)} s, the embedded GitHub's included\n`);
    process.stdout.write(`peak memory of the App, the analysis and the embedded GitHub together ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB\n`);
  } finally {
    await scene.close();
  }
}
