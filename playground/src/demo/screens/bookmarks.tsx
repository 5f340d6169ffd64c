import { BookmarkedPostsDocument } from '../__generated__/graphql';
import { ListOf } from '../list';
import { useWatch } from '../live';
import { usePages } from '../pages';
import { PostCard } from '../post';

export function Bookmarks() {
  const pages = usePages(BookmarkedPostsDocument, {}, ({ account }) => account?.bookmarks);
  useWatch(pages.edges.map(({ node }) => node.id), pages);
  return (
    <>
      <h2>Bookmarks</h2>
      <p className="muted">Only you see them.</p>
      <ListOf pages={pages} empty="Nothing yet.">{({ node }) => <PostCard key={node.id} post={node} />}</ListOf>
    </>
  );
}
