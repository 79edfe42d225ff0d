/** Milliseconds of processor time that `act` takes: what it costs, whatever else the machine is doing. */
export function cpuMs(act: () => unknown): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
