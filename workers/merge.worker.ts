import { whenLoaded } from './queue';

whenLoaded(async () => {
  const [{ MergeEngine }, { serve }] = await Promise.all([import('../src/engine/merge-engine'), import('./serve')]);
  serve(new MergeEngine((event) => postMessage(event)));
});
