/**
 * Signals of one session. The first Ctrl-C asks; a second one while that question stands, SIGTERM and SIGHUP detach:
 * remote jobs go on, the run stays as it is. Returns the function that puts things back.
 */
export function onSignals(handlers: {
  readonly interrupted: () => Promise<void>;
  readonly detach: (reason: string) => void;
}): () => void {
  let asking = false;
  const onInterrupt = () => {
    if (asking) return handlers.detach('interrupted twice');
    asking = true;
    void handlers.interrupted().finally(() => (asking = false));
  };
  const onTerminate = () => handlers.detach('terminated');
  const onHangUp = () => handlers.detach('the terminal hung up');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onHangUp);
  return () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
    process.off('SIGHUP', onHangUp);
  };
}
