const PREFIX = "https://www.googleapis.com/auth/";
const FULL_MAIL = "https://mail.google.com/";

/** `gmail.readonly` -> its full address; full addresses stay. */
export function expandScope(scope: string): string {
  return scope.startsWith("https://") || scope === "openid" || scope === "email" ? scope : PREFIX + scope;
}

/** Which scopes allow a call: each method's list in Google's reference; any one of them is enough. */
const RULES: readonly { methods: string; path: RegExp; scopes: readonly string[] }[] = [
  rule("GET", "profile", "modify compose readonly metadata"),
  rule("GET", "messages(/[^/]+)?", "modify readonly metadata"),
  rule("GET", "messages/[^/]+/attachments/[^/]+", "modify readonly"),
  rule("POST", "messages/send", "modify compose send"),
  rule("POST", "messages(/import)?", "modify insert"),
  rule("POST", "messages/(batchModify|[^/]+/(modify|trash|untrash))", "modify"),
  rule("GET", "drafts(/[^/]+)?", "modify compose readonly"),
  rule("POST PUT DELETE", "drafts(/[^/]+)?", "modify compose"),
  rule("GET", "history", "modify readonly metadata"),
  rule("POST", "(watch|stop)", "modify readonly metadata"),
  rule("GET", "threads(/[^/]+)?", "modify readonly metadata"),
  rule("POST", "threads/[^/]+/(modify|trash|untrash)", "modify"),
  rule("GET", "labels(/[^/]+)?", "modify readonly labels metadata"),
  rule("POST PUT PATCH DELETE", "labels(/[^/]+)?", "modify labels"),
  rule("GET", "settings/.+", "modify readonly settings.basic"),
  rule("POST PUT PATCH DELETE", "settings/.+", "settings.basic"),
];

function rule(methods: string, path: string, names: string) {
  const scopes = names.split(" ").map((name) => `${PREFIX}gmail.${name}`);
  return { methods, path: new RegExp(`^(/upload)?/gmail/v1/users/[^/]+/${path}$`), scopes };
}

/** What is not in the table (deleting for good, say) needs full access to the mailbox. */
export function scopesFor(method: string, path: string): readonly string[] {
  const found = RULES.find((entry) => entry.methods.split(" ").includes(method) && entry.path.test(path));
  return [FULL_MAIL, ...(found?.scopes ?? [])];
}
