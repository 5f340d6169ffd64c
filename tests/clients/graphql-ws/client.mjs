import { createClient } from 'graphql-ws';

export function createSocket(websocketUrl, token, options = {}) {
  return createClient({
    url: websocketUrl,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    ...options,
  });
}

export function follow(client, query, variables, sink) {
  const request = { query, variables: { ...variables } };
  return client.subscribe(request, {
    ...sink,
    next(result) {
      const [event] = Object.values(result.data ?? {});
      if (event) request.variables.after = event.cursor;
      sink.next(result);
    },
  });
}
