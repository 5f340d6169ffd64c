// Where one is: the parts of the address after #/. Each screen has an address, so that the browser's Back works.

import { Store } from '../store';

function parts(): string[] {
  return location.hash.slice(1).split('/').filter(Boolean).map(decodeURIComponent);
}

/** A number for each entry of the browser's history. */
function visit(): number {
  if (!history.state) history.replaceState(Date.now(), '');
  return history.state;
}

export interface Place {
  parts: string[];
  visit: number;
}

export const place = new Store<Place>({ parts: parts(), visit: visit() });

const scrolled = new Map<number, number>();

history.scrollRestoration = 'manual';
addEventListener('scroll', () => scrolled.set(place.get().visit, scrollY), { passive: true });
addEventListener('hashchange', () => place.set({ parts: parts(), visit: visit() }));

/** Scrolls to where the reader left the place, or to its top. */
export function restoreScroll(): void {
  scrollTo(0, scrolled.get(place.get().visit) ?? 0);
}

export function link(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function go(...parts: string[]): void {
  location.hash = link(...parts);
}
