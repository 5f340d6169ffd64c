// GraphiQL's store can choose a pane, but not unfold its column. Its buttons do both.

const NARROW = '(max-width: 700px)';

function press(label: string): void {
  document.querySelector<HTMLButtonElement>(`.graphiql-container [aria-label="${label}"]`)?.click();
}

export const showPane = (title: string): void => press(`Show ${title}`);

/** Shows the editors and the variables; on a phone the open pane covers them. */
export function showEditors(pane: string): void {
  press('Show editor tools');
  if (matchMedia(NARROW).matches) press(`Hide ${pane}`);
}
