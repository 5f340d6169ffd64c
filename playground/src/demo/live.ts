// Subscriptions that resume after the event they saw last, over one WebSocket. They go past urql, since each resumes
// with a cursor of its own.

import { createClient } from 'graphql-ws';
import { useEffect, useRef } from 'react';
import { ENDPOINT } from '../server';
import { accessToken } from '../session';
import { Store } from '../store';
import { PostInteractionsDocument, type ThreadEventsSubscription, ThreadEventsDocument, type TypedDocumentString } from './__generated__/graphql';
import { remember } from './nodes';

const PING_MS = 5_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
const WATCHED_AT_MOST = 100;

export interface LiveState {
  state: 'connecting' | 'live' | 'reconnecting';
  /** How often a subscription has gone on where it had stopped. */
  resumed: number;
}

export const live = new Store<LiveState>({ state: 'connecting', resumed: 0 });

let socket: WebSocket | undefined;
let pongTimer: ReturnType<typeof setTimeout>;

// A network that is cut does not close its connections: a ping without an answer does.
const client = createClient({
  url: new URL(ENDPOINT, location.href.replace(/^http/, 'ws')).href,
  retryAttempts: 0,
  keepAlive: PING_MS,
  connectionParams: async () => {
    const token = await accessToken();
    return token ? { authorization: `Bearer ${token}` } : {};
  },
  on: {
    opened: (opened) => (socket = opened as WebSocket),
    ping: (received) => {
      if (!received) pongTimer = setTimeout(() => socket?.close(4408, 'No answer to a ping'), PING_MS);
    },
    pong: (received) => received && clearTimeout(pongTimer),
  },
});

export interface Following {
  /** The position from which another subscription can go on. */
  cursor(): string | null;
  stop(): void;
}

type Event = { __typename: string; cursor: string; resumed?: boolean };

/** Follows a subscription for ever: after each break it goes on after the last event. `resync`: query again, too much was missed. */
export function follow<Data, Variables extends { after?: string | null }>(
  document: TypedDocumentString<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  after: string | null,
  see: (event: Data[keyof Data]) => void,
  resync: () => void,
): Following {
  let cursor = after;
  let failures = 0;
  let isStopped = false;
  let isBehind = false;
  let end = () => {};

  function next({ data }: { data?: Data | null }): void {
    const event = Object.values(data ?? {})[0] as Event | undefined;
    if (!event || isStopped) return;
    if (event.__typename === 'ResyncRequired') {
      cursor = null; // It would be refused again.
      isBehind = true;
      return;
    }
    cursor = event.cursor;
    if (event.__typename === 'SubscriptionReady') {
      const { resumed } = live.get();
      live.set({ state: 'live', resumed: resumed + (failures && event.resumed ? 1 : 0) });
      failures = 0;
      // What is queried from here on has all that came before the subscription.
      if (isBehind) resync();
      isBehind = false;
    } else {
      remember(event);
      see(event as Data[keyof Data]);
    }
  }

  function begin(): void {
    if (isStopped) return;
    const operation = { query: document.toString(), variables: { ...variables, after: cursor } };
    end = client.subscribe<any>(operation, { next, error: again, complete: again });
  }

  function again(): void {
    if (isStopped) return;
    live.set({ ...live.get(), state: 'reconnecting' });
    setTimeout(begin, Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS));
  }

  begin();
  return {
    cursor: () => cursor,
    stop() {
      isStopped = true;
      end();
    },
  };
}

export type PostEvent = ThreadEventsSubscription['postInteractions'];

/** Watches the posts that it is called with, in place of those before, from where it has come to. */
export function watcher(see: (event: PostEvent) => void, resync: () => void): (postIds: string[], after?: string) => void {
  let likes: Following | undefined;
  let thread: Following | undefined;
  return (postIds, after) => {
    const ids = [...new Set(postIds)].slice(0, WATCHED_AT_MOST);
    likes?.stop();
    thread?.stop();
    if (!ids.length) return;
    likes = follow(PostInteractionsDocument, { postIds: ids }, after ?? likes?.cursor() ?? null, () => {}, resync);
    thread = follow(ThreadEventsDocument, { postIds: ids }, after ?? thread?.cursor() ?? null, see, resync);
  };
}

/** Watches posts as long as the component is there. */
export function useWatch(postIds: string[], see: (event: PostEvent) => void = () => {}, resync: () => void = () => {}): void {
  const latest = useRef({ see, resync });
  latest.current = { see, resync };
  useEffect(() => {
    const watch = watcher((event) => latest.current.see(event), () => latest.current.resync());
    watch(postIds);
    return () => watch([]);
  }, [postIds.join()]);
}
