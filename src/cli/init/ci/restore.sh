# The journals live on a branch of their own. That there is none is believed of an answer only.
git ls-remote origin refs/heads/cutover-state > .found
if [ -s .found ]; then
  git fetch --quiet --depth=1 origin refs/heads/cutover-state
  git worktree add --quiet --force --detach .cutover FETCH_HEAD
else
  git worktree add --quiet --force --detach .cutover
  git -C .cutover switch --quiet --orphan cutover-state
fi
rm .found
