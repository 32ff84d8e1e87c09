/**
 * Waits for the end of this turn of the event loop. By a message, not a timer: pages in the background have their timers
 * held back for a second or more.
 */
export function createNextTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}
