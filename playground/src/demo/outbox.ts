// Writes that survive a lost network and a reload: each is sent until it is answered, under one idempotency key, so
// that a write whose answer was lost is not done twice.

import { Store } from '../store';
import * as documents from './__generated__/graphql';
import { Failure, mutate } from './api';
import { remember } from './nodes';
import { refuse, refusal } from './refusals';

const KEY = 'demo:outbox';
const RETRY_MS = 1_000;

const MUTATIONS = {
  createPost: documents.CreateRichPostDocument,
  deletePost: documents.DeletePostDocument,
  createComment: documents.CreateCommentDocument,
  deleteComment: documents.DeleteCommentDocument,
  likePost: documents.LikePostDocument,
  unlikePost: documents.UnlikePostDocument,
  likeComment: documents.LikeCommentDocument,
  sharePost: documents.SharePostDocument,
  unsharePost: documents.UnsharePostDocument,
  bookmarkPost: documents.BookmarkPostDocument,
  unbookmarkPost: documents.UnbookmarkPostDocument,
  pinPost: documents.PinPostDocument,
  unpinPost: documents.UnpinPostDocument,
  followUser: documents.FollowPrivateDocument,
  unfollowUser: documents.UnfollowUserDocument,
  acceptFollowRequest: documents.AcceptFollowRequestDocument,
  rejectFollowRequest: documents.RejectFollowRequestDocument,
};
type Mutations = typeof MUTATIONS;
export type Mutation = keyof Mutations;
type Types<M extends Mutation> = Mutations[M] extends documents.TypedDocumentString<infer Data, { input: infer Input }> ? [Data, Input] : never;
export type Input<M extends Mutation> = Types<M>[1];
export type Payload<M extends Mutation> = Types<M>[0][keyof Types<M>[0]];

/** Fields of an object. */
interface Fields {
  id: string;
  [field: string]: unknown;
}

export interface Write {
  clientMutationId: string;
  mutation: Mutation;
  input: any;
  /** What was shown before the write, for the case that it is refused. */
  before?: Fields;
}

/** The writes that have no answer yet, oldest first. */
export const outbox = new Store<Write[]>(JSON.parse(sessionStorage.getItem(KEY) ?? '[]'));
outbox.subscribe(() => sessionStorage.setItem(KEY, JSON.stringify(outbox.get())));

type Callback = (payload: any) => void;
const callbacks = new Map<Mutation, Set<Callback>>();

/** Calls back with each payload of a mutation that was not refused. Returns how to end that. */
export function onAnswer<M extends Mutation>(mutation: M, callback: (payload: Payload<M>) => void): () => void {
  const set = callbacks.get(mutation) ?? new Set<Callback>();
  callbacks.set(mutation, set.add(callback));
  return () => set.delete(callback);
}

export function newKey(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** Sends a mutation as soon as it can. `shown` is shown at once, `before` again if the server refuses. */
export function write<M extends Mutation>(mutation: M, input: Input<M>, shown?: Fields, before?: Fields): void {
  refusal.set(null);
  if (shown) remember(shown);
  outbox.set([...outbox.get(), { clientMutationId: newKey(), mutation, input, before }]);
  void flush();
}

let isSending = false;

/** Sends what waits, one after the other. */
export async function flush(): Promise<void> {
  if (isSending) return;
  isSending = true;
  try {
    for (let next = outbox.get()[0]; next; next = outbox.get()[0]) {
      await send(next);
      outbox.set(outbox.get().slice(1));
    }
  } catch {
    setTimeout(flush, RETRY_MS); // No answer, or none that is final.
  } finally {
    isSending = false;
  }
}

async function send({ mutation, input, clientMutationId, before }: Write): Promise<void> {
  const document = MUTATIONS[mutation] as documents.TypedDocumentString<Record<string, any>, { input: object }>;
  try {
    const payload = Object.values(await mutate(document, { input: { ...input, clientMutationId } }))[0];
    if (payload.errors.length) throw payload.errors[0];
    for (const callback of callbacks.get(mutation) ?? []) callback(payload);
  } catch (problem) {
    if (problem instanceof Failure && problem.canPass) throw problem;
    if (before) remember(before);
    refuse(problem as Failure);
  }
}
