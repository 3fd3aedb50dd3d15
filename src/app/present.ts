import './styles/class-dialog.css';
import './styles/present-bar.css';
import './styles/present.css';

/** The present view and its dialogs, which the bench opens too. Fetched when one of them is wanted. */
export { default as PresentDialog } from '../ui/present/PresentDialog.svelte';
export { default as PresentStage } from '../ui/present/PresentStage.svelte';
