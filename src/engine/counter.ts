import type { Progress } from './api';

/** Turns byte counts into progress reports, at most one per 50 ms and always the last. */
export function counter(
  stage: Progress['stage'],
  total: number,
  report: (progress: Progress) => void,
): (bytes: number) => void {
  let done = 0;
  let last = 0;
  return (bytes) => {
    done += bytes;
    const now = performance.now();
    if (now - last < 50 && done < total) return;
    last = now;
    report({ stage, done, total, unit: 'bytes' });
  };
}
