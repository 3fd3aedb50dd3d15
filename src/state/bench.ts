import { History } from './history.svelte';
import { Lab } from './lab.svelte';
import { Runs } from './runs.svelte';
import { Session } from './session.svelte';
import { TabMemory } from './tab';
import { Tour } from './tour.svelte';
import { Link } from './url.svelte';

/** The page's bench. The runtime, and with it the workers, is fetched only when something is to run. */
export const lab = new Lab(async () => (await import('../runtime/client')).createRuntime());
export const tour = new Tour(lab);
export const link = new Link();
export const history = new History(lab, tour);
export const runs = new Runs(lab, history);
export const session = new Session(lab, tour, history, runs);
export const tab = new TabMemory(tour, history, runs);
