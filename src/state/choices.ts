/** A choice of this device. */
export function recall(key: string): string | null {
  // Storage may be forbidden (private windows, sandboxed frames); the lab works without it.
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
