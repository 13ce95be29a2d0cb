import {
  auth as GoogleAuth,
  gmail as makeGmail,
  type gmail_v1,
} from "googleapis/build/src/apis/gmail/index.js";
import { GOOGLE_BASE_URL } from "../config.ts";
import { MAX_ANSWER_BYTES, REQUEST_TIMEOUT_MS } from "../limits.ts";
import { readWithRetry, type Ports } from "./call-gmail.ts";

/** One logged-in link to one mailbox. */
export interface GmailLink {
  api: gmail_v1.Gmail;
  /** Given to every single call: a client's own root address is ignored for some of them. */
  options: {
    rootUrl: string;
    retry: false;
    timeout: number;
    noProxy: string[];
    redirect: "error";
    size: number;
  };
  /** Fetches a fresh access token when the old one is about to end, so that a write never has to. */
  ensureToken(): Promise<void>;
  /** What Google says the login may do. */
  scopes(): Promise<string[]>;
  ports: Ports;
}

export interface GmailLogin {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  refreshToken: string;
}

/** Prepares the link; nothing is asked of Gmail before the first call. */
export function connectGmail(login: GmailLogin, ports: Ports): GmailLink {
  const isGoogle = login.baseUrl === GOOGLE_BASE_URL;
  const noProxy = isGoogle ? [] : [new URL(login.baseUrl).hostname];
  const client = new GoogleAuth.OAuth2({
    clientId: login.clientId,
    clientSecret: login.clientSecret,
    // Every address the token could be sent to follows the base address.
    ...(isGoogle ? {} : { endpoints: endpointsAt(login.baseUrl) }),
    // An access token can end before its time; a refused request is then made once more with a fresh one.
    forceRefreshOnFailure: true,
    transporterOptions: { timeout: REQUEST_TIMEOUT_MS, noProxy, redirect: "error", size: MAX_ANSWER_BYTES },
  });
  client.setCredentials({ refresh_token: login.refreshToken });
  const token = async () => {
    const { token: value } = await readWithRetry("logging in", ports, () => client.getAccessToken());
    return value ?? "";
  };
  return {
    api: makeGmail({ version: "v1", auth: client, rootUrl: `${login.baseUrl}/` }),
    options: {
      rootUrl: `${login.baseUrl}/`,
      retry: false,
      timeout: REQUEST_TIMEOUT_MS,
      noProxy,
      redirect: "error",
      size: MAX_ANSWER_BYTES,
    },
    ensureToken: async () => void (await token()),
    scopes: async () => {
      const value = await token();
      const info = await readWithRetry("asking what the login may do", ports, () =>
        client.getTokenInfo(value),
      );
      return info.scopes;
    },
    ports,
  };
}

function endpointsAt(baseUrl: string) {
  return {
    tokenInfoUrl: `${baseUrl}/tokeninfo`,
    oauth2AuthBaseUrl: `${baseUrl}/o/oauth2/v2/auth`,
    oauth2TokenUrl: `${baseUrl}/oauth2/token`,
    oauth2RevokeUrl: `${baseUrl}/oauth2/revoke`,
    oauth2FederatedSignonPemCertsUrl: `${baseUrl}/oauth2/v1/certs`,
    oauth2FederatedSignonJwkCertsUrl: `${baseUrl}/oauth2/v3/certs`,
    oauth2IapPublicKeyUrl: `${baseUrl}/iap/verify/public_key`,
  };
}
