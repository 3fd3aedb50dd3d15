/**
 * Holds messages until the implementation has loaded. Entries stay this thin on purpose: WebKit evaluates an imported
 * worker entry twice, and pthreads run it again, so nothing with state may live in one.
 */
export function whenLoaded(load: () => Promise<void>): void {
  const held: MessageEvent[] = [];
  const hold = (event: MessageEvent): void => void held.push(event);
  addEventListener('message', hold);
  load().then(
    () => {
      removeEventListener('message', hold);
      for (const { data, ports } of held)
        dispatchEvent(new MessageEvent('message', { data: data as unknown, ports: [...ports] }));
    },
    // Only an uncaught error of a task reaches the page's `error` listener; a rejection would leave it waiting.
    (error: unknown) =>
      setTimeout(() => {
        throw error;
      }),
  );
}
