import fc from 'fast-check';

/** The same cases each time; `FUZZ_SEED=7 npx vitest run` tries others. */
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1) });

export { fc };
