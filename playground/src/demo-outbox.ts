// Writes that survive a lost network and a reload: each is sent until it is answered, under one idempotency key, so
// that a write whose answer was lost is not done twice.

import { MUTATIONS, type Mutation } from './demo-operations';
import { query } from './server';
import { accessToken } from './session';
import { Store } from './store';

const KEY = 'demo:outbox';
const RETRY_MS = 1_000;

export interface Write {
  clientMutationId: string;
  mutation: Mutation;
  input: Record<string, string>;
}

/** The writes that have no answer yet, oldest first. */
export const outbox = new Store<Write[]>(JSON.parse(sessionStorage.getItem(KEY) ?? '[]'));
outbox.subscribe(() => sessionStorage.setItem(KEY, JSON.stringify(outbox.get())));

/** Why the last write was refused. */
export const refusal = new Store('');

let isSending = false;
let answered: (payload: any) => void = () => {};

/** Sets what is called with each payload, and sends what an earlier page has left. */
export function onAnswer(callback: (payload: any) => void): void {
  answered = callback;
  void flush();
}

export function write(mutation: Mutation, input: Record<string, string>): void {
  const clientMutationId = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  refusal.set('');
  outbox.set([...outbox.get(), { clientMutationId, mutation, input }]);
  void flush();
}

async function flush(): Promise<void> {
  if (isSending) return;
  isSending = true;
  try {
    for (let next = outbox.get()[0]; next; next = outbox.get()[0]) {
      const input = { ...next.input, clientMutationId: next.clientMutationId };
      const { payload } = await query(MUTATIONS[next.mutation], { input }, await accessToken());
      outbox.set(outbox.get().slice(1));
      if (payload.errors.length) refusal.set(payload.errors[0].message);
      else answered(payload);
    }
  } catch {
    setTimeout(flush, RETRY_MS); // No answer, or none that is final.
  } finally {
    isSending = false;
  }
}
