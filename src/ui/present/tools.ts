import type { LessonNeeds } from '../../core/offline/needs';
import type { LessonSource } from '../../state/preflight.svelte';

/** What the app lends to the present view and its dialogs. */
export interface PresentTools {
  /** Ids of the lessons that are ready. */
  readonly lessons: readonly string[];
  readonly view: string;
  readonly source: LessonSource;
  openLesson(id: string): void;
  goToView(view: 'bench' | 'present'): void;
  needs(): Promise<readonly LessonNeeds[]>;
}

/** Opens the notes window, or finds it again. @returns its address where the browser refused. */
export function openNotes(): string | null {
  const url = new URL(location.href);
  for (const name of [...url.searchParams.keys()]) if (name !== 'lang') url.searchParams.delete(name);
  url.searchParams.set('view', 'notes');
  url.hash = '';
  const opened = window.open(url, 'merge-lab-notes', 'popup,width=920,height=760');
  opened?.focus();
  return opened ? null : url.href;
}
