import { expose } from 'comlink';
import { toPlainError } from '../src/core/errors';

/** Runs `implementation` behind Comlink; errors cross as plain data, so that codes and params survive. */
export function serve(implementation: object): void {
  const served: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(implementation))) {
    const method = (implementation as Record<string, unknown>)[name];
    if (name === 'constructor' || typeof method !== 'function') continue;
    served[name] = async (...args: unknown[]) => {
      try {
        return (await (method as (...a: unknown[]) => unknown).apply(implementation, args)) as unknown;
      } catch (error) {
        // Comlink passes a thrown value that is not an Error as it is.
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw toPlainError(error);
      }
    };
  }
  expose(served);
}
