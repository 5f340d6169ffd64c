import { HashtagPostsDocument } from '../__generated__/graphql';
import { ListOf } from '../list';
import { useWatch } from '../live';
import { usePages } from '../pages';
import { PostCard } from '../post';

export function HashtagPage({ name }: { name: string }) {
  const pages = usePages(HashtagPostsDocument, { name }, ({ hashtag }) => hashtag?.posts);
  useWatch(pages.edges.map(({ node }) => node.id), pages);
  const count = pages.data?.hashtag?.postCount;
  return (
    <>
      <h2>#{name} {count !== undefined && <span className="muted">{count === 1 ? '1 post' : `${count} posts`}</span>}</h2>
      <ListOf pages={pages} empty="No post has this hashtag.">{({ node }) => <PostCard key={node.id} post={node} />}</ListOf>
    </>
  );
}
