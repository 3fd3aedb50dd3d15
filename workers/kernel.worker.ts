import { benchKernel } from '../src/engine/kernel-bench';

addEventListener('message', ({ data }: MessageEvent<{ elements: number; rounds: number }>) => {
  postMessage(benchKernel(data.elements, data.rounds));
});
