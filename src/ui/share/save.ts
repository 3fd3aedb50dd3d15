interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
}

/** @returns a handle to stream into, null where the browser has none, 'cancelled' when the person closed the dialog. */
export async function pickTarget(name: string): Promise<FileSystemFileHandle | null | 'cancelled'> {
  const { showSaveFilePicker } = window as SavePicker;
  if (!showSaveFilePicker) return null;
  try {
    return await showSaveFilePicker({ suggestedName: name });
  } catch (error) {
    // A frame or a policy may forbid the picker; the Blob way still works there.
    return error instanceof DOMException && error.name === 'AbortError' ? 'cancelled' : null;
  }
}

const REVOKE_AFTER_MS = 60_000;

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // Firefox reads the blob after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
