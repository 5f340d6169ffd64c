import { createClient } from 'graphql-ws';
import { Environment, Network, Observable, RecordSource, Store } from 'relay-runtime';

export function createEnvironment({ url, websocketUrl, token }) {
  const authorization = `Bearer ${token}`;
  const socket = createClient({ url: websocketUrl, connectionParams: () => ({ authorization }) });

  async function fetchQuery({ text }, variables) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  }

  function subscribe({ text }, variables) {
    return Observable.create((sink) => socket.subscribe({ query: text, variables }, sink));
  }

  return new Environment({
    network: Network.create(fetchQuery, subscribe),
    store: new Store(new RecordSource()),
  });
}
