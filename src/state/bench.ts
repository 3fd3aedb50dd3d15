import { Lab } from './lab.svelte';
import { Link } from './url.svelte';

/** The page's bench. The runtime, and with it the workers, is fetched only when something is to run. */
export const lab = new Lab(async () => (await import('../runtime/client')).createRuntime());
export const link = new Link();
