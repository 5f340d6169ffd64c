// Requests to the server, apart from those that the editor sends.

export const ENDPOINT = '/graphql/';
export const element = document.querySelector<HTMLElement>('[data-settings]')!;

/** Whether the server has the routes for development: sign-in as any user, operations, traces, plans. */
export const { development } = JSON.parse(element.dataset.settings!) as { development: boolean };

/** The JSON answer of a route for development. */
export async function fromDevelopment(path: string, body?: unknown): Promise<any> {
  const options = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`/playground/${path}`, options || {});
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** The data of a GraphQL operation. */
export async function query(text: string, variables: object = {}, token?: string | null): Promise<any> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}
