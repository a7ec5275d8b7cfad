// A game's back end: enrolment tokens, webhooks, receipts. See ../README.md.
package main

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var (
	gateway     = os.Getenv("FARTHING_GATEWAY")
	secretKey   = os.Getenv("FARTHING_SECRET_KEY")
	rootKey     = os.Getenv("FARTHING_ROOT_KEY")
	environment = envOr("FARTHING_ENVIRONMENT", "live")
	client      = http.Client{Timeout: 10 * time.Second}

	// Who is signed in is your own affair; this is where your sessions go.
	sessions = map[string]string{"session-of-ada": "ada", "session-of-bob": "bob"}
)

// refused is what is wrong with a request, for who made it.
type refused struct {
	status  int
	message string
}

func (r refused) Error() string { return r.message }

// A purchase is what a receipt says, as far as a grant needs it.
type purchase struct {
	ID          string `json:"jti"`
	Account     string `json:"sub"`
	Issuer      string `json:"iss"`
	Environment string `json:"environment"`
	SKU         string `json:"sku"`
	Quantity    int    `json:"quantity"`
	// Set where it was paid by use, given to a creator, or went into the balance: that is no thing to give.
	Metered *struct{} `json:"metered"`
	Tip     *struct{} `json:"tip"`
	Credits *struct{} `json:"credits"`
	// What is in one, where it is a bundle.
	Contents []content `json:"contents"`
}

// A content is one of the items in a bundle.
type content struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// ask asks the gateway something that takes the secret key, which never leaves this server.
func ask(method, path string, body, answer any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, gateway+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+secretKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s was answered with %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// backEnd is in memory. In a database, grants are a table with a unique key on the purchase.
type backEnd struct {
	webhook *standardwebhooks.Webhook

	mutex       sync.Mutex
	granted     map[string]bool
	inventories map[string]map[string]int
	users       map[string]string
	issuer      string
	keys        map[string]jose.JSONWebKey
}

// grant gives a player what was bought, or what is in a bundle, once for each purchase. What was paid by use, or given to a creator, is no thing to give.
func (b *backEnd) grant(user string, bought purchase) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if bought.Metered != nil || bought.Tip != nil || bought.Credits != nil || b.granted[bought.ID] {
		return
	}
	b.granted[bought.ID] = true
	if b.inventories[user] == nil {
		b.inventories[user] = map[string]int{}
	}
	contents := bought.Contents
	if len(contents) == 0 {
		contents = []content{{SKU: bought.SKU, Quantity: 1}}
	}
	for _, part := range contents {
		b.inventories[user][part.SKU] += part.Quantity * bought.Quantity
	}
}

// buyer is whose account has paid: nobody's in particular, where a wallet of the sandbox enrolled without a token.
func (b *backEnd) buyer(bought purchase) (string, error) {
	b.mutex.Lock()
	user, isKnown := b.users[bought.Account]
	b.mutex.Unlock()
	if isKnown {
		return user, nil
	}
	var found struct{ User string }
	if err := ask("GET", "/v1/purchases/"+bought.ID, nil, &found); err != nil {
		return "", err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.users[bought.Account] = found.User
	return found.User, nil
}

// thumbprint is a key's name (RFC 7638).
func thumbprint(key jose.JSONWebKey) string {
	digest, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(digest)
}

// parse reads a document of a type. Only ES256 will do.
func parse(token, kind string) (*jose.JSONWebSignature, error) {
	document, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	if document.Signatures[0].Protected.ExtraHeaders[jose.HeaderType] != kind {
		return nil, errors.New("a document of another type")
	}
	return document, nil
}

// readKeys gets the gateway's keys. The root key, which never changes, has signed which they are, so TLS need not be
// trusted.
func (b *backEnd) readKeys() error {
	var answer struct {
		KeySet string `json:"key_set"`
	}
	if err := ask("GET", "/v1/keys", nil, &answer); err != nil {
		return err
	}
	document, err := parse(answer.KeySet, "farthing-key-set+jwt")
	if err != nil {
		return err
	}
	var set struct {
		Issuer string
		Root   jose.JSONWebKey
		Keys   []jose.JSONWebKey
	}
	if err := json.Unmarshal(document.UnsafePayloadWithoutVerification(), &set); err != nil {
		return err
	}
	if thumbprint(set.Root) != rootKey {
		return errors.New("another gateway's keys")
	}
	if _, err := document.Verify(set.Root); err != nil {
		return err
	}
	b.issuer, b.keys = set.Issuer, map[string]jose.JSONWebKey{}
	for _, key := range set.Keys {
		b.keys[thumbprint(key)] = key
	}
	return nil
}

// verify is what a receipt says.
func (b *backEnd) verify(receipt string) (bought purchase, err error) {
	notOurs := refused{http.StatusBadRequest, "not a receipt of this gateway"}
	document, err := parse(receipt, "farthing-receipt+jwt")
	if err != nil {
		return bought, notOurs
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	key, isKnown := b.keys[document.Signatures[0].Protected.KeyID]
	if !isKnown {
		// It may be a new one.
		if err := b.readKeys(); err != nil {
			return bought, err
		}
		key = b.keys[document.Signatures[0].Protected.KeyID]
	}
	content, err := document.Verify(key)
	if err != nil || json.Unmarshal(content, &bought) != nil || bought.Issuer != b.issuer {
		return bought, notOurs
	}
	if bought.Environment != environment {
		return bought, refused{http.StatusBadRequest, "no real money was paid"}
	}
	return bought, nil
}

func signedIn(request *http.Request) (string, error) {
	user := sessions[strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")]
	if user == "" {
		return "", refused{http.StatusUnauthorized, "sign in first"}
	}
	return user, nil
}

func (b *backEnd) enrolmentToken(request *http.Request) (any, error) {
	user, err := signedIn(request)
	if err != nil {
		return nil, err
	}
	var token map[string]string
	err = ask("POST", "/v1/enrolment-tokens", map[string]string{"user": user}, &token)
	return token, err
}

func (b *backEnd) takeWebhook(request *http.Request) (any, error) {
	// The signature is over the bytes as they came.
	body, err := io.ReadAll(request.Body)
	if err != nil || b.webhook.Verify(body, request.Header) != nil {
		return nil, refused{http.StatusBadRequest, "not a message of the gateway"}
	}
	var message struct {
		Type string
		Data struct{ Purchases []purchase }
	}
	if err := json.Unmarshal(body, &message); err != nil {
		return nil, err
	}
	// Of what was rejected nothing was granted here. Other messages have no purchases, and are taken all the same.
	if message.Type == "purchases.settled" {
		for _, bought := range message.Data.Purchases {
			user, err := b.buyer(bought)
			if err != nil {
				return nil, err
			}
			if user != "" {
				b.grant(user, bought)
			}
		}
	}
	return nil, nil
}

func (b *backEnd) takeReceipt(request *http.Request) (any, error) {
	user, err := signedIn(request)
	if err != nil {
		return nil, err
	}
	var shown struct{ Receipt string }
	if err := json.NewDecoder(request.Body).Decode(&shown); err != nil {
		return nil, refused{http.StatusBadRequest, "no JSON"}
	}
	bought, err := b.verify(shown.Receipt)
	if err != nil {
		return nil, err
	}
	if owner, err := b.buyer(bought); err != nil {
		return nil, err
	} else if owner != user {
		return nil, refused{http.StatusForbidden, "somebody else's receipt"}
	}
	b.grant(user, bought)
	return map[string]string{"purchase": bought.ID}, nil
}

func (b *backEnd) inventory(request *http.Request) (any, error) {
	user, err := signedIn(request)
	if err != nil {
		return nil, err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	owned := map[string]int{}
	for sku, quantity := range b.inventories[user] {
		owned[sku] = quantity
	}
	return owned, nil
}

// handle answers with JSON, or with nothing where there is nothing to say.
func handle(work func(*http.Request) (any, error)) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		answer, err := work(request)
		var wrong refused
		switch {
		case errors.As(err, &wrong):
			http.Error(writer, wrong.message, wrong.status)
		case err != nil:
			// With a 500 the gateway sends its message again.
			log.Print(err)
			http.Error(writer, "try again later", http.StatusInternalServerError)
		case answer == nil:
			writer.WriteHeader(http.StatusNoContent)
		default:
			writer.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(writer).Encode(answer)
		}
	}
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("FARTHING_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	b := &backEnd{
		webhook:     webhook,
		granted:     map[string]bool{},
		inventories: map[string]map[string]int{},
		users:       map[string]string{},
	}
	http.HandleFunc("POST /enrolment-token", handle(b.enrolmentToken))
	http.HandleFunc("POST /farthing", handle(b.takeWebhook))
	http.HandleFunc("POST /receipts", handle(b.takeReceipt))
	http.HandleFunc("GET /inventory", handle(b.inventory))
	listener, err := net.Listen("tcp", "127.0.0.1:"+envOr("PORT", "8000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
