code=0
cutover plan --markdown > plan.md 2> notes.txt || code=$?
cat plan.md notes.txt
{
  printf '<!-- cutover plan -->\n'
  cat plan.md
  if [ -s notes.txt ]; then printf '\n```text\n%s\n```\n' "$(head -c 4000 notes.txt)"; fi
} | jq --raw-input --slurp '{body: .}' > comment.json
# In a file, since everybody may read the arguments of a program.
trap 'rm -f .header' EXIT
(umask 077 && printf '%s\n' "$AUTHORIZATION" > .header)
call() {
  curl --fail --silent --show-error --header @.header --header 'Content-Type: application/json' "$@"
}
id=$(call "$COMMENTS?per_page=100&sort=asc" |
  jq 'map(select(.body | startswith("<!-- cutover plan -->")))[0].id // empty')
if [ -n "$id" ]; then
  call --request "$EDIT" --data @comment.json --output /dev/null "$COMMENT/$id"
else
  call --data @comment.json --output /dev/null "$COMMENTS"
fi
exit $code
