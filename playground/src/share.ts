// A link that holds the operation. It stands in the fragment, which no server sees.

export interface Shared {
  query: string;
  variables: string;
}

export function linkTo({ query, variables }: Shared): string {
  const parameters = new URLSearchParams({ query, ...(variables.trim() && { variables }) });
  return `${location.origin}${location.pathname}#${parameters}`;
}

/** The operation of the page's own link, which is removed from the address; null if there is none. */
export function takeShared(): Shared | null {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const query = parameters.get('query');
  if (query === null) return null;
  history.replaceState(null, '', location.pathname);
  return { query, variables: parameters.get('variables') ?? '' };
}
