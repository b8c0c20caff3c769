/** Time of the processor, not of the clock: what else a machine does changes it little. */
export function cpuTime(run: () => void): number {
  const started = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
