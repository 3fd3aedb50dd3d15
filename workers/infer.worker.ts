import { whenLoaded } from './queue';

whenLoaded(async () => {
  const [{ InferEngine }, { serve }] = await Promise.all([import('../src/engine/infer-engine'), import('./serve')]);
  serve(new InferEngine((event) => postMessage(event)));
});
