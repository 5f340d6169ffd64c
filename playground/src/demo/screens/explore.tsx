import { TrendingPostsDocument } from '../__generated__/graphql';
import { ListOf } from '../list';
import { useWatch } from '../live';
import { usePages } from '../pages';
import { PostCard } from '../post';
import { link } from '../router';

/** What one looks at before one searches. */
export function Explore() {
  const pages = usePages(TrendingPostsDocument, {}, ({ trendingFeed }) => trendingFeed);
  useWatch(pages.edges.map(({ node }) => node.id), pages);
  return (
    <>
      <h2>Trending hashtags</h2>
      <p className="tags">
        {pages.data?.trendingHashtags.edges.map(({ node }) => (
          <a key={node.id} href={link('tag', node.name)}>#{node.name} <span className="muted">{node.postCount}</span></a>
        ))}
      </p>
      <h2>Trending posts</h2>
      <ListOf pages={pages} empty="Nothing yet.">{({ node }) => <PostCard key={node.id} post={node} />}</ListOf>
    </>
  );
}
