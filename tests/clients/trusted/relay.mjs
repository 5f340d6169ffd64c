import { createClient } from 'graphql-ws';
import { Environment, Network, Observable, RecordSource, Store } from 'relay-runtime';

export function createTrustedRelay(url, websocketUrl) {
  const socket = createClient({ url: websocketUrl });

  async function fetchQuery({ id }, variables) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: id, variables }),
    });
    return response.json();
  }

  function subscribe({ id }, variables) {
    return Observable.create((sink) => socket.subscribe({ query: '', documentId: id, variables }, sink));
  }

  return new Environment({
    network: Network.create(fetchQuery, subscribe),
    store: new Store(new RecordSource()),
  });
}
