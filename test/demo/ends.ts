/** What is to be undone when the demo leaves, at whatever point. */
export interface Ends {
  /** After `run` has been called, what is added is undone at once. */
  readonly add: (end: () => unknown) => void;
  /** Undoes all, the last first. */
  readonly run: () => Promise<void>;
}

export function createEnds(): Ends {
  const ends: (() => unknown)[] = [];
  let over = false;
  const run = async (): Promise<void> => {
    over = true;
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  };
  return {
    add: (end) => {
      ends.push(end);
      if (over) void run();
    },
    run,
  };
}
