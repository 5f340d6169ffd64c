import { FollowRequestsDocument, WhoToFollowDocument } from '../__generated__/graphql';
import { ListOf } from '../list';
import { write } from '../outbox';
import { usePages } from '../pages';
import { FollowButton, UserRow } from '../users';

/** Who wants to follow the viewer, and whom the viewer might want to follow. */
export function Users() {
  const requests = usePages(FollowRequestsDocument, {}, ({ account }) => account?.followRequests);
  const suggested = usePages(WhoToFollowDocument, {}, ({ suggestedUsers }) => ({ ...suggestedUsers, pageInfo: { hasNextPage: false } }));
  function answer(mutation: 'acceptFollowRequest' | 'rejectFollowRequest', userId: string) {
    write(mutation, { userId });
    requests.change((edges) => edges.filter(({ node }) => node.id !== userId));
  }
  return (
    <>
      <h2>Requests to follow you</h2>
      <ul className="rows">
        <ListOf pages={requests} empty="None.">
          {({ node }) => (
            <UserRow key={node.id} user={node}>
              <button className="primary" onClick={() => answer('acceptFollowRequest', node.id)}>Accept</button>
              <button onClick={() => answer('rejectFollowRequest', node.id)}>Reject</button>
            </UserRow>
          )}
        </ListOf>
      </ul>
      <h2>Whom to follow</h2>
      <ul className="rows">
        <ListOf pages={suggested} empty="Nobody at the moment.">
          {({ node }) => <UserRow key={node.id} user={node}><FollowButton user={node} /></UserRow>}
        </ListOf>
      </ul>
    </>
  );
}
