import { mount } from 'svelte';
import type { Language } from '../state/language';
import { settings } from '../state/settings.svelte';
import NotesView from '../ui/present/NotesView.svelte';
import './styles/notes.css';

/** The lecturer's second window: it needs neither bench nor models, only what the presenting window tells it. */
export function startNotes(lang: Language): void {
  settings.load(lang);
  const target = document.getElementById('app');
  if (target) mount(NotesView, { target });
}
