//! A browser with one session.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use demo::Shop;
use http_body_util::BodyExt;
use tower::ServiceExt;

pub const COOKIE: &str = "hostler_shop=0123456789abcdef0123456789abcdef";
pub const CLIENT: &str = "/modules/servers/VirtFusionDirect/client.php";

pub async fn get(shop: &Shop, path: &str) -> Response {
    let request = Request::get(path)
        .header(header::COOKIE, COOKIE)
        .body(Body::empty())
        .unwrap();
    shop.router().oneshot(request).await.unwrap()
}

pub async fn post(shop: &Shop, path: &str, form: &str) -> Response {
    let request = Request::post(path)
        .header(header::COOKIE, COOKIE)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    shop.router().oneshot(request).await.unwrap()
}

pub async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

pub async fn body(shop: &Shop, path: &str) -> String {
    text(get(shop, path).await).await
}

/// The anti-forgery token of our session.
pub async fn csrf(shop: &Shop) -> String {
    let page = body(shop, "/order").await;
    let at = page.find("name=\"csrf\" value=\"").unwrap() + 19;
    page[at..].split('"').next().unwrap().to_owned()
}

/// Orders a server by the form; the service's page.
pub async fn order(shop: &Shop, hostname: &str) -> String {
    let form = format!(
        "csrf={}&product=1&hostname={hostname}&template=49&ssh_key=",
        csrf(shop).await
    );
    let answer = post(shop, "/order", &form).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}
