const REFRESH = `mutation Refresh($input: RefreshSessionInput!) {
  refreshSession(input: $input) { session { accessToken refreshToken } errors { code message } }
}`;

/**
 * A fetch that sends the session's access token. Once it has expired, it refreshes the session and sends the request
 * again; of requests at the same time one refreshes. `save` stores the new tokens, `ended` asks to sign in.
 */
export function createSessionFetch(url, session, { save, ended }, fetch = globalThis.fetch) {
  let refreshing;

  async function refresh() {
    const input = { refreshToken: session.refreshToken };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: REFRESH, variables: { input } }),
    });
    const { data } = await response.json();
    if (!data) return;  // Too busy, or away: the next request tries again.
    const renewed = data.refreshSession.session;
    if (renewed) await save((session = renewed));
    else await ended();
  }

  return async function sessionFetch(address, options = {}) {
    const send = () => {
      const headers = new Headers(options.headers);
      headers.set('authorization', `Bearer ${session.accessToken}`);
      return fetch(address, { ...options, headers });
    };
    const used = session.accessToken;
    const response = await send();
    if (response.status !== 401) return response;
    const { errors } = await response.clone().json();
    if (errors[0].extensions.code !== 'TOKEN_EXPIRED') return response;
    if (session.accessToken === used) {
      refreshing ??= refresh().finally(() => { refreshing = undefined; });
      await refreshing;
    }
    return session.accessToken === used ? response : send();
  };
}
