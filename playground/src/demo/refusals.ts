// What the server has refused, for the user to read.

import { Store } from '../store';

export interface Refusal {
  code: string;
  message: string;
}

/** The last refusal. */
export const refusal = new Store<Refusal | null>(null);

/** Shows an error that is data, the first of a payload's, or one of the request. */
export function refuse(problem: { code?: string; message: string }): void {
  refusal.set({ code: problem.code ?? '', message: problem.message });
}

/** Where docs/errors.md says what to do about a code. */
export function documentation(code: string): string {
  return `/docs/docs/errors.md#${code.toLowerCase()}`;
}
