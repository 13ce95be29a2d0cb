/** What the tests of every package use, so that none has to make up its own. None of it opens anything. */
export const GMAIL_DEFAULTS = {
  address: "owner@brightside.example",
  ownerName: "Robin Brightside",
  clientId: "000000000000-testkit.apps.googleusercontent.com",
  clientSecret: "testkit-client-secret",
  /** May only read, as the cloud's. */
  readonlyToken: "1//testkit-readonly",
  /** May read, draft and send, as the laptop's. */
  composeToken: "1//testkit-compose",
} as const;
