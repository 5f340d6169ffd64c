// Subscriptions that resume after the event they saw last, over one WebSocket.

import { createClient } from 'graphql-ws';
import { ENDPOINT } from './server';
import { accessToken } from './session';
import { Store } from './store';

const PING_MS = 5_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

export interface Connection {
  state: 'connecting' | 'live' | 'reconnecting';
  /** How often a subscription has gone on where it had stopped. */
  resumed: number;
}

export const connection = new Store<Connection>({ state: 'connecting', resumed: 0 });

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

/** Follows a subscription for ever: after each break it goes on after the last event. `resync`: too much was missed. */
export function follow(query: string, variables: object, after: string | null, see: (event: any) => void, resync: () => void): Following {
  let cursor = after;
  let failures = 0;
  let isStopped = false;
  let end = () => {};

  function begin(): void {
    if (isStopped) return;
    end = client.subscribe<Record<string, any>>(
      { query, variables: { ...variables, after: cursor } },
      {
        next({ data }) {
          const event = Object.values(data ?? {})[0];
          if (!event || isStopped) return;
          if (event.__typename === 'ResyncRequired') return resync();
          cursor = event.cursor;
          if (event.__typename === 'SubscriptionReady') {
            const { resumed } = connection.get();
            connection.set({ state: 'live', resumed: resumed + (failures && event.resumed ? 1 : 0) });
            failures = 0;
          } else see(event);
        },
        error: again,
        complete: again,
      },
    );
  }

  function again(): void {
    if (isStopped) return;
    connection.set({ ...connection.get(), state: 'reconnecting' });
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
