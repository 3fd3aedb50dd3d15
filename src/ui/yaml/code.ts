import {
  autocompletion,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { completionsAt } from '../../core/recipe/complete';

/** Colours are the page's own custom properties, which reach into a shadow tree. */
const THEME = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '0.8125rem' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mono, ui-monospace, monospace)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--ink)', minHeight: '10rem' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--ink-soft)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--raised)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-wash)',
  },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--line-strong)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--accent-ink)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    backgroundColor: 'var(--bad-wash)',
    borderBottom: '2px solid var(--bad)',
  },
});
const COLOURS = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--ink)' },
  { tag: tags.comment, color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.separator, tags.meta], color: 'var(--ink-soft)' },
]);

/** Chromium, left to replace several lines by itself, writes styles into them, which the policy refuses and reports. */
function replaceSelected(event: InputEvent, view: EditorView): boolean {
  if (event.inputType !== 'insertText' || event.data === null || view.composing) return false;
  if (view.state.selection.main.empty) return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true });
  return true;
}

export interface Code {
  /** Puts another text in, as one step that can be undone. */
  put(text: string): void;
  /** Marks the place of an error, 1-based; null: there is none. */
  mark(error: { line: number; column: number; message: string } | null): void;
  goTo(line: number, column: number): void;
  label(label: string): void;
  destroy(): void;
}

/**
 * A code editor in a shadow tree of `host`: there its styles are constructed sheets, which the page's content security
 * policy lets through; beside the page's own they would be inline styles, which it does not.
 * Tab is not caught, so that a keyboard can leave.
 */
export function createCode(
  host: HTMLElement,
  options: { label: string; models: () => readonly string[]; onType: (text: string) => void },
): Code {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: true });
  const naming = new Compartment();
  const named = (label: string) => EditorView.contentAttributes.of({ 'aria-label': label });
  let silent = false;
  const complete = (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const found = completionsAt(text.slice(0, context.pos), text, options.models());
    if (!found || (found.from === context.pos && found.kind === 'key' && !context.explicit)) return null;
    const after = found.kind === 'key' ? ': ' : '';
    return {
      from: found.from,
      validFor: /^[\w:.@/+-]*$/,
      options: found.options.map((label) => ({
        label,
        apply: label + after,
        type: found.kind === 'key' ? 'property' : 'constant',
      })),
    };
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      extensions: [
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        EditorView.lineWrapping,
        yaml(),
        syntaxHighlighting(COLOURS),
        autocompletion({ override: [complete], icons: false }),
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        // The page's own undo and palette must not take these keys from who types here.
        EditorView.domEventHandlers({
          keydown: (event) => (event.stopPropagation(), false),
          beforeinput: replaceSelected,
        }),
        naming.of(named(options.label)),
        EditorState.tabSize.of(2),
        THEME,
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !silent) options.onType(update.state.doc.toString());
        }),
      ],
    }),
  });
  const offsetOf = (line: number, column: number): number => {
    const at = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
    return Math.min(at.from + Math.max(0, column - 1), at.to);
  };
  return {
    put(text) {
      if (text === view.state.doc.toString()) return;
      silent = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      silent = false;
    },
    mark(error) {
      const diagnostics: Diagnostic[] = [];
      if (error) {
        const from = offsetOf(error.line, error.column);
        const rest = view.state.doc.lineAt(from);
        const word = /^[^\s:,]+/.exec(view.state.doc.sliceString(from, rest.to))?.[0].length ?? 1;
        diagnostics.push({
          from,
          to: Math.min(from + word, view.state.doc.length),
          severity: 'error',
          message: error.message,
        });
      }
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    goTo(line, column) {
      view.dispatch({ selection: { anchor: offsetOf(line, column) }, scrollIntoView: true });
      view.focus();
    },
    label: (label) => view.dispatch({ effects: naming.reconfigure(named(label)) }),
    destroy: () => view.destroy(),
  };
}
