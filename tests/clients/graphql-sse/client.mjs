import { createClient } from 'graphql-sse';

export function createStreams(url, token, options = {}) {
  return createClient({
    url,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: Infinity,
    ...options,
  });
}
